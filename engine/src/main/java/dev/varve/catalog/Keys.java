package dev.varve.catalog;

/** How records are named; the package description has the table. */
final class Keys {
    static final String ROOTS = "root/";
    static final String PENDING = "pending/";
    static final String TOUCHES = "touch/";
    static final String BIN = "bin/";

    private Keys() {}

    static String resources(ResourceKind kind) {
        return kind.word() + "/";
    }

    static String resources(ResourceKind kind, Scope scope) {
        return resources(kind) + scope + "/";
    }

    static String resource(ResourceKind kind, Scope scope, String id) {
        return resources(kind, scope) + id;
    }

    /** What was deleted and can be restored. */
    static String recycled(ResourceKind kind, Scope scope, String id) {
        return BIN + resource(kind, scope, id);
    }

    static String id(String id) {
        return "id/" + id;
    }

    static String times(ResourceKind kind, Scope scope) {
        return "time/" + resources(kind, scope);
    }

    /** Instants before 1970 count as 1970: the order of their digits would be wrong. */
    static String time(ResourceKind kind, Scope scope, long createdMillis, String id) {
        return times(kind, scope) + String.format("%016x-%s", Math.max(0, createdMillis), id);
    }

    static String name(ResourceKind kind, Scope scope, String name) {
        return "name/" + resources(kind, scope) + name;
    }

    static String references(String target) {
        return "ref/" + target + "/";
    }

    static String reference(String target, String owner) {
        return references(target) + owner;
    }

    static String root(String owner) {
        return ROOTS + owner;
    }

    static String touches(String lineage) {
        return TOUCHES + lineage;
    }

    static String pending(String id) {
        return PENDING + id;
    }

    /** The resource of a record whose key has a prefix before what keys of resources have. */
    static Resource parse(String before, ResourceKind kind, String key, byte[] value) throws BadRecordException {
        int start = before.length() + resources(kind).length();
        int end = key.lastIndexOf('/');
        String id = key.substring(end + 1);
        if (end < start || !kind.isId(id)) {
            throw new BadRecordException(key, "its key has no id");
        }
        try {
            return Resource.decode(key, kind, Scope.parse(key.substring(start, end)), id, value);
        } catch (IllegalArgumentException e) {
            throw new BadRecordException(key, "its key has no scope", e);
        }
    }
}
