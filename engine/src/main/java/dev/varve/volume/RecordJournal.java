package dev.varve.volume;

import dev.varve.catalog.Catalog;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Records the segments of a volume's log in the volume's record. */
final class RecordJournal implements LogJournal {
    private final Catalog catalog;
    private final Scope scope;
    private final String id;
    private final Set<SegmentEntry> known;

    /**
     * For one opening of a log.
     *
     * @param known what the record named then
     */
    RecordJournal(Catalog catalog, Scope scope, String id, List<SegmentEntry> known) {
        this.catalog = catalog;
        this.scope = scope;
        this.id = id;
        this.known = new HashSet<>(known);
    }

    @Override
    public void add(SegmentEntry segment) throws IOException {
        change(segments -> {
            List<SegmentEntry> more = new ArrayList<>(segments);
            more.add(segment);
            return more;
        });
    }

    @Override
    public void remove(List<SegmentEntry> segments) throws IOException {
        change(now ->
                now.stream().filter(segment -> !segments.contains(segment)).toList());
    }

    /** Keeps what the opening did not know: the one before it was still making a segment when it was closed. */
    @Override
    public void replace(List<SegmentEntry> segments) throws IOException {
        change(now -> {
            List<SegmentEntry> all = new ArrayList<>(segments);
            now.stream().filter(segment -> !known.contains(segment)).forEach(all::add);
            return all;
        });
    }

    private void change(UnaryOperator<List<SegmentEntry>> step) throws IOException {
        catalog.change(change -> {
            Resource record = change.find(ResourceKind.VOLUME, scope, id);
            if (record == null) {
                throw VolumeErrors.notFound(id);
            }
            VolumeRecord.setSegments(record, step.apply(VolumeRecord.segments(record)));
            change.update(record);
            return record;
        });
    }
}
