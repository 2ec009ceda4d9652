package io.parallite;

import java.util.logging.Formatter;
import java.util.logging.Handler;
import org.jboss.logmanager.ExtHandler;
import org.jboss.logmanager.LogContext;

/** Changes how the log's lines look, once Quarkus has set up logging; see {@code log_format}. */
final class LogFormat {

    private LogFormat() {}

    /** Has everything from now on logged as JSON. */
    static void useJson() {
        setFormatter(
                LogContext.getLogContext().getLogger("").getHandlers(), new JsonLogFormatter());
    }

    private static void setFormatter(Handler[] handlers, Formatter formatter) {
        for (Handler handler : handlers) {
            handler.setFormatter(formatter);
            if (handler instanceof ExtHandler nested) {
                setFormatter(nested.getHandlers(), formatter);
            }
        }
    }
}
