package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void columnsAreAsWideAsTheirWidestCell() {
        Table table =
                new Table("ID", ">SIZE", "NAME").row("a", "10 GiB", "first").row("bcd", "8 GiB", "");
        assertThat(table.lines())
                .containsExactly(
                        "ID     SIZE  NAME", //
                        "a    10 GiB  first",
                        "bcd   8 GiB");
    }

    @Test
    void aNameCanNotFakeALine() {
        assertThat(new Table("NAME").row("good\nevil\033[2J").lines()).containsExactly("NAME", "good?evil?[2J");
    }
}
