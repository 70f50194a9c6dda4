package dev.varve.bench;

import java.util.Random;

/** Orders in which places are visited: random, and the same in each run. */
public final class Order {
    private Order() {}

    /**
     * Each number below a count once.
     *
     * @param count how many
     * @return them, shuffled
     */
    public static int[] shuffled(int count) {
        Random random = new Random(7);
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    /**
     * The next number of a sequence that looks random: xorshift, so that it costs next to nothing.
     *
     * @param last the one before, not 0
     * @return the next, not 0
     */
    public static long next(long last) {
        long x = last ^ (last << 13);
        x ^= x >>> 7;
        return x ^ (x << 17);
    }
}
