package io.parallite.config;

import java.util.Optional;
import org.eclipse.microprofile.config.spi.Converter;

/**
 * How many persistent workers there are to be: a number, {@code 0} for as many as there are
 * processors, or {@value #NONE} for on-demand workers only.
 *
 * @param number 0 for as many as there are processors, negative for none
 */
public record WorkerCount(int number) {

    static final String NONE = "none";

    private static final WorkerCount ON_DEMAND_ONLY = new WorkerCount(-1);

    static WorkerCount parse(String text) {
        String word = text.strip();
        return word.equals(NONE) ? ON_DEMAND_ONLY : new WorkerCount(Integer.parseInt(word));
    }

    /** The value of a setting for {@code workers} workers. */
    public static String text(int workers) {
        return workers == 0 ? NONE : String.valueOf(workers);
    }

    /**
     * The number of workers.
     *
     * @param most how many there may be; a number of our own choice does not exceed it
     */
    int within(Optional<Integer> most) {
        if (number != 0) {
            return Math.max(0, number);
        }
        int processors = Runtime.getRuntime().availableProcessors();
        return Math.min(processors, most.orElse(processors));
    }

    /** For SmallRye Config. */
    public static final class Reader implements Converter<WorkerCount> {

        private static final long serialVersionUID = 1L;

        @Override
        public WorkerCount convert(String value) {
            return parse(value);
        }
    }
}
