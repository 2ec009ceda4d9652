package io.parallite.wire;

/**
 * Decides whether there is memory for a large frame before it is read. Owned by the engine's
 * thread.
 */
public interface ReadBudget {

    /** Room without end. */
    ReadBudget UNLIMITED =
            new ReadBudget() {
                @Override
                public Room claim(long bytes, Runnable onGranted) {
                    return new Room() {
                        @Override
                        public boolean isGranted() {
                            return true;
                        }

                        @Override
                        public void release() {}
                    };
                }
            };

    /**
     * Claims room for {@code bytes}.
     *
     * @param onGranted called once when the claim is granted later; never when {@link
     *     Room#isGranted} is {@code true} at once, or after {@link Room#release}
     */
    Room claim(long bytes, Runnable onGranted);

    /** Claimed room, granted or waited for. */
    interface Room {

        /** Whether the bytes may be read now. */
        boolean isGranted();

        /** Gives the room back, or withdraws the claim; further calls do nothing. */
        void release();
    }
}
