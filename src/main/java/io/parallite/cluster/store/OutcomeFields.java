package io.parallite.cluster.store;

import org.jspecify.annotations.Nullable;

/**
 * What Redis holds of how a task has ended.
 *
 * @param ok whether it has succeeded
 * @param kind of its failure, when no worker has answered
 * @param error the message of that failure
 * @param result the worker's reply; {@code null} when there is none
 * @param signature of the reply
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record OutcomeFields(
        boolean ok, String kind, String error, byte @Nullable [] result, byte[] signature) {

    /** From a list of {@code state, ok, kind, error, result, rmac}. */
    static OutcomeFields of(ScriptReply fields) {
        return new OutcomeFields(
                fields.at(1).text().equals("1"),
                fields.at(2).text(),
                fields.at(3).text(),
                fields.at(4).isNil() ? null : fields.at(4).bytes(),
                fields.at(5).bytes());
    }
}
