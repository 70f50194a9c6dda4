package dev.varve.catalog;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A record of the catalog: named fields that hold text, whole numbers, flags, documents and lists of them.
 *
 * <p>Fields a reader does not know stay: who changes a record reads it, sets what it changes and writes it back, so an
 * older program keeps what a newer one added. A change that old readers must not pass over raises the version.
 *
 * <p>One thread at a time.
 */
public final class Document {
    /** The version of documents this program writes, and the newest it reads. */
    public static final int VERSION = 1;

    private static final String VERSION_FIELD = "version";

    private final String key;
    private final Map<String, Object> fields;

    Document(String key, Map<String, Object> fields) {
        this.key = key;
        this.fields = fields;
    }

    /** An empty document that is on no record yet. */
    public Document() {
        this("new", new LinkedHashMap<>());
    }

    /**
     * A document as its record holds it.
     *
     * @param key the record's, for messages
     * @param value the record's
     * @return the document
     * @throws BadRecordException when it is no document, or of a newer version
     */
    public static Document decode(String key, byte[] value) throws BadRecordException {
        Document document = new Document(key, Json.read(key, value));
        long version = document.number(VERSION_FIELD);
        if (version < 1 || version > VERSION) {
            throw new BadRecordException(key, "version " + version + ", this program reads 1 to " + VERSION);
        }
        return document;
    }

    /**
     * The document as a record's value.
     *
     * @return bytes of the caller's own
     */
    public byte[] encode() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put(VERSION_FIELD, (long) VERSION);
        all.putAll(fields);
        all.put(VERSION_FIELD, (long) VERSION);
        return Json.write(all);
    }

    /**
     * Sets a field to a text; null removes it.
     *
     * @param name the field
     * @param value its new value
     * @return this
     */
    public Document set(String name, @Nullable String value) {
        return setField(name, value);
    }

    /**
     * Sets a field to a number.
     *
     * @param name the field
     * @param value its new value
     * @return this
     */
    public Document set(String name, long value) {
        return setField(name, value);
    }

    /**
     * Sets a field to a flag.
     *
     * @param name the field
     * @param value its new value
     * @return this
     */
    public Document set(String name, boolean value) {
        return setField(name, value);
    }

    /**
     * Sets a field to an instant, kept to the nanosecond; null removes it.
     *
     * @param name the field
     * @param value its new value
     * @return this
     */
    public Document set(String name, @Nullable Instant value) {
        return setField(name, value == null ? null : value.toString());
    }

    /**
     * Sets a field to texts by name; an empty map removes it.
     *
     * @param name the field
     * @param value its new value
     * @return this
     */
    public Document set(String name, Map<String, String> value) {
        return setField(name, value.isEmpty() ? null : new LinkedHashMap<String, Object>(value));
    }

    /**
     * Sets a field to a list of documents; an empty list removes it.
     *
     * @param name the field
     * @param value its new value; not changed afterwards
     * @return this
     */
    public Document set(String name, List<Document> value) {
        List<Object> list = new ArrayList<>();
        value.forEach(each -> list.add(each.fields));
        return setField(name, list.isEmpty() ? null : list);
    }

    private Document setField(String name, @Nullable Object value) {
        if (value == null) {
            fields.remove(name);
        } else {
            fields.put(name, value);
        }
        return this;
    }

    /**
     * Whether a field is there.
     *
     * @param name the field
     * @return true whatever it holds
     */
    public boolean has(String name) {
        return fields.containsKey(name);
    }

    /**
     * A text that must be there.
     *
     * @param name the field
     * @return its value
     * @throws BadRecordException when there is no such text
     */
    public String text(String name) throws BadRecordException {
        return require(name, optionalText(name));
    }

    /**
     * A text that may be there.
     *
     * @param name the field
     * @return its value, or null when there is none
     * @throws BadRecordException when the field is something else
     */
    public @Nullable String optionalText(String name) throws BadRecordException {
        return field(name, String.class, "a text");
    }

    /**
     * A number that must be there.
     *
     * @param name the field
     * @return its value
     * @throws BadRecordException when there is no such number
     */
    public long number(String name) throws BadRecordException {
        return require(name, field(name, Long.class, "a number"));
    }

    /**
     * A number that must be there and within bounds.
     *
     * @param name the field
     * @param least the smallest it may be
     * @param most the largest it may be
     * @return its value
     * @throws BadRecordException when there is no such number
     */
    public long number(String name, long least, long most) throws BadRecordException {
        long value = number(name);
        if (value < least || value > most) {
            throw new BadRecordException(key, "field '" + name + "' is " + value + ", not " + least + " to " + most);
        }
        return value;
    }

    /**
     * A flag.
     *
     * @param name the field
     * @return its value, false when there is none
     * @throws BadRecordException when the field is something else
     */
    public boolean flag(String name) throws BadRecordException {
        return Boolean.TRUE.equals(field(name, Boolean.class, "true or false"));
    }

    /**
     * An instant that must be there.
     *
     * @param name the field
     * @return its value
     * @throws BadRecordException when there is no such instant
     */
    public Instant instant(String name) throws BadRecordException {
        return require(name, optionalInstant(name));
    }

    /**
     * An instant that may be there.
     *
     * @param name the field
     * @return its value, or null when there is none
     * @throws BadRecordException when the field is something else
     */
    public @Nullable Instant optionalInstant(String name) throws BadRecordException {
        String text = optionalText(name);
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeException e) {
            throw new BadRecordException(key, "field '" + name + "' is no instant: " + text, e);
        }
    }

    /**
     * Texts by name.
     *
     * @param name the field
     * @return ordered by name, not to be changed, empty when there is none
     * @throws BadRecordException when the field is something else
     */
    public Map<String, String> texts(String name) throws BadRecordException {
        Map<?, ?> map = field(name, Map.class, "a document");
        Map<String, String> texts = new TreeMap<>();
        if (map != null) {
            for (Map.Entry<?, ?> each : map.entrySet()) {
                if (!(each.getKey() instanceof String text && each.getValue() instanceof String value)) {
                    throw new BadRecordException(key, "field '" + name + "' holds more than texts");
                }
                texts.put(text, value);
            }
        }
        return Collections.unmodifiableMap(texts);
    }

    /**
     * A list of documents.
     *
     * @param name the field
     * @return in their order, empty when there is none
     * @throws BadRecordException when the field is something else
     */
    public List<Document> documents(String name) throws BadRecordException {
        List<?> list = field(name, List.class, "a list");
        List<Document> documents = new ArrayList<>();
        if (list != null) {
            for (Object each : list) {
                if (!(each instanceof Map<?, ?> map)) {
                    throw new BadRecordException(key, "field '" + name + "' holds more than documents");
                }
                Map<String, Object> copy = new LinkedHashMap<>();
                map.forEach((field, value) -> copy.put((String) field, value));
                documents.add(new Document(key + "#" + name, copy));
            }
        }
        return documents;
    }

    /**
     * Says that the record is not what it should be.
     *
     * @param problem what is wrong with it
     * @return the exception, to be thrown
     */
    public BadRecordException bad(String problem) {
        return new BadRecordException(key, problem);
    }

    private <T> @Nullable T field(String name, Class<T> type, String wanted) throws BadRecordException {
        Object value = fields.get(name);
        if (value != null && !type.isInstance(value)) {
            throw new BadRecordException(key, "field '" + name + "' is not " + wanted);
        }
        return type.cast(value);
    }

    private <T> T require(String name, @Nullable T value) throws BadRecordException {
        if (value == null) {
            throw new BadRecordException(key, "field '" + name + "' is missing");
        }
        return value;
    }
}
