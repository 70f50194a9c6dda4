package dev.varve;

import dev.varve.store.Background;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.RejectedExecutionException;

/**
 * Background work that waits until a test has some of it done, on the test's own thread. What a lane of it has to do is done
 * in order, and no more at a time than the engine's threads would; which lane comes next is for the test to say.
 */
final class SteppedBackground implements Background.Source {
    private final List<Lane> lanes = new ArrayList<>();

    /** What one kind of thread has to do. */
    private static final class Lane implements Background {
        private final int count;
        private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        private final List<Runnable> rounds = new ArrayList<>();
        private int running;
        private boolean closed;

        Lane(int count) {
            this.count = count;
        }

        @Override
        public void execute(Runnable task) {
            requireOpen();
            tasks.add(task);
        }

        @Override
        public void repeat(Runnable task, long delayMillis) {
            requireOpen();
            rounds.add(task);
        }

        private void requireOpen() {
            if (closed) {
                throw new RejectedExecutionException("closed");
            }
        }

        boolean hasTask() {
            return running < count && !tasks.isEmpty();
        }

        boolean hasRound() {
            return running < count && !rounds.isEmpty();
        }

        void run(Runnable task) {
            running++;
            try {
                task.run();
            } finally {
                running--;
            }
        }

        @Override
        public void close() {
            closed = true;
            rounds.clear();
            while (!tasks.isEmpty()) {
                run(tasks.remove());
            }
        }
    }

    @Override
    public Background make(String name, int count) {
        Lane lane = new Lane(count);
        lanes.add(lane);
        return lane;
    }

    /** Forgets the lanes of an engine that is closed. */
    void clear() {
        lanes.clear();
    }

    /** Does one thing that waits to be done, or a round; false when there is none. */
    boolean step(Random random) {
        List<Lane> able =
                lanes.stream().filter(lane -> lane.hasTask() || lane.hasRound()).toList();
        if (able.isEmpty()) {
            return false;
        }
        Lane lane = able.get(random.nextInt(able.size()));
        if (lane.hasTask() && (!lane.hasRound() || random.nextInt(4) != 0)) {
            lane.run(lane.tasks.remove());
        } else {
            lane.run(lane.rounds.get(random.nextInt(lane.rounds.size())));
        }
        return true;
    }

    /** Does a round of each lane, then all that waits to be done, and what that asks for. */
    void settle() {
        for (Lane lane : lanes) {
            if (lane.hasRound()) {
                lane.rounds.forEach(lane::run);
            }
        }
        for (boolean done = false; !done; ) {
            done = true;
            for (Lane lane : List.copyOf(lanes)) {
                if (lane.hasTask()) {
                    lane.run(lane.tasks.remove());
                    done = false;
                }
            }
        }
    }
}
