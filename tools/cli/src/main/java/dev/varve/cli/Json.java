package dev.varve.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;

/** One indented JSON document, in the names and shapes of the aws command. For one thread. */
final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    private final JsonGenerator generator;

    private Json(JsonGenerator generator) {
        this.generator = generator;
    }

    /** Writes a part of a document. */
    interface Part {
        void write(Json json) throws IOException;
    }

    /** Writes one item of a list. */
    interface Item<T> {
        void write(Json json, T item) throws IOException;
    }

    /** The text of one object. */
    static String object(Part members) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator generator = FACTORY.createGenerator(text)) {
            generator.useDefaultPrettyPrinter();
            generator.writeStartObject();
            members.write(new Json(generator));
            generator.writeEndObject();
        }
        return text.toString();
    }

    /** A member that is left out when there is no value. */
    Json text(String name, @Nullable String value) throws IOException {
        if (value != null) {
            generator.writeStringField(name, value);
        }
        return this;
    }

    Json number(String name, long value) throws IOException {
        generator.writeNumberField(name, value);
        return this;
    }

    Json flag(String name, boolean value) throws IOException {
        generator.writeBooleanField(name, value);
        return this;
    }

    /** A member that is left out when there is none. */
    Json object(String name, @Nullable Part members) throws IOException {
        if (members != null) {
            generator.writeObjectFieldStart(name);
            members.write(this);
            generator.writeEndObject();
        }
        return this;
    }

    /** A list of objects. */
    <T> Json objects(String name, Iterable<T> items, Item<? super T> members) throws IOException {
        generator.writeArrayFieldStart(name);
        for (T item : items) {
            generator.writeStartObject();
            members.write(this, item);
            generator.writeEndObject();
        }
        generator.writeEndArray();
        return this;
    }

    /** A list of texts. */
    Json texts(String name, Iterable<String> values) throws IOException {
        generator.writeArrayFieldStart(name);
        for (String value : values) {
            generator.writeString(value);
        }
        generator.writeEndArray();
        return this;
    }
}
