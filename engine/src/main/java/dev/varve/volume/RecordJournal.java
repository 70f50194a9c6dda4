package dev.varve.volume;

import dev.varve.catalog.Catalog;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Records the segments of a volume's log in the volume's record. */
final class RecordJournal implements LogJournal {
    private final Catalog catalog;
    private final Scope scope;
    private final String id;

    RecordJournal(Catalog catalog, Scope scope, String id) {
        this.catalog = catalog;
        this.scope = scope;
        this.id = id;
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

    @Override
    public void replace(List<SegmentEntry> segments) throws IOException {
        change(now -> segments);
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
