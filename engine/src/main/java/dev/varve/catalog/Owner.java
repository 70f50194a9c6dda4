package dev.varve.catalog;

/**
 * What an id stands for; stays when its resource has gone and must be told from one that never was.
 *
 * @param kind of the resource
 * @param scope in which it lives or lived
 * @param gone whether it has gone
 */
record Owner(ResourceKind kind, Scope scope, boolean gone) {
    byte[] encode() {
        Document document = new Document().set("kind", kind.word()).set("scope", scope.toString());
        return (gone ? document.set("gone", true) : document).encode();
    }

    static Owner decode(String id, byte[] value) throws BadRecordException {
        Document document = Document.decode(Keys.id(id), value);
        return new Owner(kind(document), scope(document), document.flag("gone"));
    }

    static ResourceKind kind(Document document) throws BadRecordException {
        try {
            return ResourceKind.ofWord(document.text("kind"));
        } catch (IllegalArgumentException e) {
            throw document.bad(String.valueOf(e.getMessage()));
        }
    }

    static Scope scope(Document document) throws BadRecordException {
        try {
            return Scope.parse(document.text("scope"));
        } catch (IllegalArgumentException e) {
            throw document.bad(String.valueOf(e.getMessage()));
        }
    }
}
