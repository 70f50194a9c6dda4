package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Undoes notes of damage that are not true any more. Who opened a log with a record lost has noted in it that its pages are
 * damaged; once the record is back where it stood, its content is written once more, over the note.
 *
 * <p>A page gets what was written to it last, notes aside. Where that is still lost, or is not in the log any more, its note
 * stays.
 */
final class DamageNotes implements LogReplay.Visitor {
    private final VolumeLog log;
    private final Staging staging;

    /** What the log says without its notes. */
    private final PageIndex beneath = new PageIndex();

    private final List<RecordHeader> notes = new ArrayList<>();
    private final Pages.Scratch scratch = new Pages.Scratch();
    private final ByteBuffer page = ByteBuffer.allocateDirect(Pages.BYTES);

    DamageNotes(VolumeLog log, Staging staging) {
        this.log = log;
        this.staging = staging;
    }

    /**
     * Undoes them, durably.
     *
     * @param start where the log starts
     * @return how many pages have their content again
     */
    int undo(LogState.Start start) throws IOException {
        List<LogReplay.Part> parts = new ArrayList<>();
        for (LogSegment segment : log.segments()) {
            parts.add(new LogReplay.Part(segment, segment.endBytes()));
        }
        new LogReplay(log.volume(), start.sequence(), Long.MAX_VALUE, this).run(parts);
        int undone = 0;
        for (RecordHeader note : notes) {
            for (long at = note.firstPage(); at < note.firstPage() + note.pageCount(); at++) {
                undone += undo(at) ? 1 : 0;
            }
        }
        log.harden(staging);
        return undone;
    }

    private boolean undo(long at) throws IOException {
        long noted = log.word(at);
        long word = beneath.get(at);
        if (!PageWord.isDamaged(noted) || PageWord.isDamaged(word) || word == PageWord.NONE) {
            return false;
        }
        if (PageWord.isZeros(word)) {
            return log.appendAll(RecordHeader.Type.ZEROS, at, 1, staging, VolumeLog.ALWAYS);
        }
        try {
            log.reader().readFrozen(at, word, page.clear(), scratch);
        } catch (DamagedPageException e) {
            return false;
        }
        return log.append(at, page.flip(), staging, VolumeLog.ALWAYS);
    }

    @Override
    public boolean record(LogSegment segment, SegmentScan scan, int i, RecordHeader header) {
        if (header.type() == RecordHeader.Type.DAMAGED) {
            notes.add(header);
        } else {
            LogReplay.put(beneath, segment, scan, i, header);
        }
        return true;
    }

    @Override
    public void lost(LogReplay.Lost record) {
        LogReplay.putLost(beneath, record);
    }
}
