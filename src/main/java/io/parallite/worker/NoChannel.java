package io.parallite.worker;

import io.parallite.process.WorkerChannel;

/** The channel of a worker whose process has not opened one: it can do nothing. */
final class NoChannel implements WorkerChannel {

    static final WorkerChannel INSTANCE = new NoChannel();

    private NoChannel() {}

    @Override
    public long pid() {
        return 0;
    }

    @Override
    public boolean provesReadiness() {
        return false;
    }

    @Override
    public boolean isComputing() {
        return false;
    }

    @Override
    public void write(byte[] frame) {
        throw new IllegalStateException("the worker has no channel yet");
    }

    @Override
    public void pause() {}

    @Override
    public void resume() {}

    @Override
    public void end() {}

    @Override
    public void kill() {}
}
