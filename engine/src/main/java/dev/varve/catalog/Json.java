package dev.varve.catalog;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Documents as JSON (RFC 8259): objects, lists, texts, whole numbers of 64 bits, true and false. Anything else, a name
 * given twice, nesting past {@value #MAX_DEPTH} and more than {@value #MAX_BYTES} bytes make a record bad.
 *
 * <p>The factory recycles no buffers and keeps no names: nothing mutable is shared.
 */
final class Json {
    static final int MAX_BYTES = 1 << 20;
    static final int MAX_DEPTH = 16;

    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxDocumentLength(MAX_BYTES)
                    .maxStringLength(MAX_BYTES)
                    .maxNameLength(1024)
                    .maxNumberLength(32)
                    .maxNestingDepth(MAX_DEPTH)
                    .build())
            .build();

    private Json() {}

    static Map<String, Object> read(String key, byte[] value) throws BadRecordException {
        if (value.length > MAX_BYTES) {
            throw new BadRecordException(key, value.length + " bytes, more than " + MAX_BYTES);
        }
        try (JsonParser parser = FACTORY.createParser(value)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new BadRecordException(key, "no document");
            }
            Map<String, Object> fields = readObject(key, parser);
            if (parser.nextToken() != null) {
                throw new BadRecordException(key, "more than one document");
            }
            return fields;
        } catch (BadRecordException e) {
            throw e;
        } catch (IOException e) {
            throw new BadRecordException(key, String.valueOf(e.getMessage()), e);
        }
    }

    private static Map<String, Object> readObject(String key, JsonParser parser) throws IOException {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            fields.put(name, readValue(key, parser, parser.nextToken()));
        }
        return fields;
    }

    private static List<Object> readList(String key, JsonParser parser) throws IOException {
        List<Object> list = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            list.add(readValue(key, parser, token));
        }
        return list;
    }

    private static Object readValue(String key, JsonParser parser, @Nullable JsonToken token) throws IOException {
        if (token == null) {
            throw new BadRecordException(key, "it ends in the middle");
        }
        return switch (token) {
            case START_OBJECT -> readObject(key, parser);
            case START_ARRAY -> readList(key, parser);
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> throw new BadRecordException(key, "unexpected " + token);
        };
    }

    static byte[] write(Map<String, Object> fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try (JsonGenerator generator = FACTORY.createGenerator(bytes)) {
            writeValue(generator, fields);
        } catch (IOException e) {
            throw new UncheckedIOException("a document that can't be written", e);
        }
        if (bytes.size() > MAX_BYTES) {
            throw new IllegalArgumentException("a document of " + bytes.size() + " bytes, more than " + MAX_BYTES);
        }
        return bytes.toByteArray();
    }

    private static void writeValue(JsonGenerator generator, Object value) throws IOException {
        if (value instanceof Map<?, ?> map) {
            generator.writeStartObject();
            for (Map.Entry<?, ?> each : map.entrySet()) {
                generator.writeFieldName((String) each.getKey());
                writeValue(generator, each.getValue());
            }
            generator.writeEndObject();
        } else if (value instanceof List<?> list) {
            generator.writeStartArray();
            for (Object each : list) {
                writeValue(generator, each);
            }
            generator.writeEndArray();
        } else if (value instanceof Long number) {
            generator.writeNumber(number);
        } else if (value instanceof Boolean flag) {
            generator.writeBoolean(flag);
        } else {
            generator.writeString((String) value);
        }
    }
}
