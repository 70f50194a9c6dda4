package dev.varve.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.varve.store.Store;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PagingTest {
    private final Store store = Fixture.store();
    private final Catalog catalog = Fixture.catalog(store);

    private static String id(long number) {
        return String.format("snap-%017x", number);
    }

    private void create(long number, long createdMillis) throws IOException {
        catalog.change(change -> {
            change.create(new Resource(
                    ResourceKind.SNAPSHOT,
                    Fixture.SCOPE,
                    id(number),
                    Instant.ofEpochMilli(createdMillis),
                    new Document().set("number", number)));
            return 0;
        });
    }

    private void delete(String id) throws IOException {
        catalog.change(change -> {
            change.delete(change.find(ResourceKind.SNAPSHOT, Fixture.SCOPE, id), false);
            return 0;
        });
    }

    private static Listing listing(boolean byCreation, int maxResults, String token) {
        return new Listing(ResourceKind.SNAPSHOT, Fixture.SCOPE, byCreation, Filters.NONE, maxResults, token);
    }

    private List<String> all(Catalog from, boolean byCreation, int maxResults) throws IOException {
        List<String> ids = new ArrayList<>();
        String token = null;
        do {
            Page<String> page = from.list(listing(byCreation, maxResults, token), Resource::id);
            assertThat(page.items()).hasSizeLessThanOrEqualTo(maxResults);
            ids.addAll(page.items());
            token = page.nextToken();
        } while (token != null);
        return ids;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, 5, 6, 10, 11, 1200})
    void pagesAreTheWholeInOrder(int count) throws Exception {
        List<String> expected =
                IntStream.range(0, count).mapToObj(PagingTest::id).toList();
        List<Integer> order = new ArrayList<>(IntStream.range(0, count).boxed().toList());
        Collections.shuffle(order, new Random(3));
        for (int i : order) {
            create(i, i * 1000L - 3000);
        }

        assertThat(all(catalog, false, 5)).isEqualTo(expected);
        assertThat(all(catalog, false, 1000)).isEqualTo(expected);
        assertThat(all(catalog, true, 5)).isEqualTo(expected);
    }

    @Test
    void creationOrderIsNotIdOrder() throws Exception {
        create(1, 3000);
        create(2, 1000);
        create(3, 2000);

        assertThat(all(catalog, true, 5)).containsExactly(id(2), id(3), id(1));
    }

    @Test
    void tokensOutliveTheCatalog() throws Exception {
        for (int i = 0; i < 12; i++) {
            create(i, i);
        }
        String token = catalog.list(listing(false, 5, null), Resource::id).nextToken();

        Catalog reopened = Fixture.catalog(store);
        assertThat(reopened.list(listing(false, 5, token), Resource::id).items())
                .containsExactly(id(5), id(6), id(7), id(8), id(9));
    }

    @Test
    void insertsAndDeletesBetweenPagesMoveNothing() throws Exception {
        Random random = new Random(11);
        Set<String> throughout = new HashSet<>();
        for (int i = 0; i < 300; i++) {
            create(i * 100L, i);
            throughout.add(id(i * 100L));
        }
        List<String> seen = new ArrayList<>();
        String token = null;
        do {
            Page<String> page = catalog.list(listing(false, 7, token), Resource::id);
            seen.addAll(page.items());
            token = page.nextToken();
            create(random.nextInt(300) * 100L + 1 + seen.size() % 99, 0);
            String victim = id(random.nextInt(300) * 100L);
            if (throughout.remove(victim)) {
                delete(victim);
            }
        } while (token != null);

        assertThat(seen).doesNotHaveDuplicates().isSorted().containsAll(throughout);
    }

    @Test
    void filteredPagesMayBeEmptyAndEndInTheEnd() throws Exception {
        for (int i = 0; i < Pager.MAX_SCANNED + 10; i++) {
            store.commit(
                    java.util.Map.of(
                            Keys.resource(ResourceKind.SNAPSHOT, Fixture.SCOPE, id(i)),
                            new Document().set("created", Fixture.NOW).encode()),
                    Set.of());
        }
        ItemReader<String> last = resource -> resource.id().equals(id(Pager.MAX_SCANNED + 5)) ? resource.id() : null;

        Page<String> first = catalog.list(listing(false, 5, null), last);
        assertThat(first.items()).isEmpty();
        Page<String> second = catalog.list(listing(false, 5, first.nextToken()), last);
        assertThat(second.items()).hasSize(1);
        assertThat(second.nextToken()).isNull();
    }

    @Test
    void limitsAreEc2s() {
        assertThatExceptionOfType(Ec2Exception.class)
                .isThrownBy(() -> listing(false, 1, null))
                .withMessage("Invalid value '1' for maxResults. Expecting a value greater than 5.");
        assertThat(listing(false, 5000, null).maxResults()).isEqualTo(1000);
    }

    @Test
    void foreignAndForgedTokensAreRefused() throws Exception {
        for (int i = 0; i < 12; i++) {
            create(i, i);
        }
        String good = catalog.list(listing(false, 5, null), Resource::id).nextToken();
        List<String> bad = new ArrayList<>(List.of("", "x", "!!", "x".repeat(300), good + "A", good.substring(4)));
        Random random = new Random(5);
        byte[] bytes = Base64.getUrlDecoder().decode(good);
        for (int i = 0; i < 2000; i++) {
            byte[] flipped = bytes.clone();
            flipped[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
            bad.add(Base64.getUrlEncoder().withoutPadding().encodeToString(flipped));
        }
        for (String token : bad) {
            assertThatExceptionOfType(Ec2Exception.class)
                    .isThrownBy(() -> catalog.list(listing(false, 5, token), Resource::id))
                    .satisfies(e -> assertThat(e.code()).isEqualTo("InvalidNextToken"));
        }
        assertThatExceptionOfType(Ec2Exception.class)
                .as("a token of another listing")
                .isThrownBy(() -> catalog.list(listing(true, 5, good), Resource::id));
    }
}
