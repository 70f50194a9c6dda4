package dev.varve.bench.volume;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the JVM and the kernel count. */
final class ThreadCounters {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final String READ = "rchar: ";

    private ThreadCounters() {}

    /** Bytes that this thread has allocated. */
    static long allocatedBytes() {
        return THREADS.getCurrentThreadAllocatedBytes();
    }

    /** Something that may read files. */
    interface Course {
        void run() throws IOException;
    }

    /** What a course reads by system calls, and what asking for that reads. */
    static long readBytesOf(Course course) throws IOException {
        long before = readBytes();
        course.run();
        return readBytes() - before;
    }

    /** Bytes that this thread has read by system calls, from the page cache or not; 0 where nobody tells. Linux. */
    private static long readBytes() throws IOException {
        Path counters = Path.of("/proc/thread-self/io");
        if (!Files.isReadable(counters)) {
            return 0;
        }
        return Files.readAllLines(counters).stream()
                .filter(line -> line.startsWith(READ))
                .mapToLong(line -> Long.parseLong(line.substring(READ.length())))
                .findFirst()
                .orElse(0);
    }
}
