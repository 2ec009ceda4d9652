package io.parallite.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * A user of this machine.
 *
 * @param name as it was configured; a number where that was one
 * @param uid the number
 * @param gid the number of the primary group
 */
public record SystemUser(String name, int uid, int gid) {

    private static final String FORM = "[A-Za-z0-9_][A-Za-z0-9_.$-]*";

    /**
     * Looks for a user by name or number. Blocks while a program is run.
     *
     * @param setting that names it, for the message
     * @throws ConfigException when there is none, or it cannot be found out
     */
    public static SystemUser of(Setting setting, String name) {
        return new SystemUser(name, number(setting, "-u", name), number(setting, "-g", name));
    }

    /** The number of a user; a number is taken as it is, whether such a user exists or not. */
    public static int uid(Setting setting, String name) {
        return name.matches("\\d{1,9}") ? Integer.parseInt(name) : number(setting, "-u", name);
    }

    /** The number of the user that this process runs as. */
    public static int own(Setting setting) {
        return run(setting, "this user", "id", "-u");
    }

    private static int number(Setting setting, String which, String name) {
        if (!name.matches(FORM)) {
            throw unknown(setting, name);
        }
        return run(setting, name, "id", which, name);
    }

    /**
     * The output of a command: {@code id} also knows users of directory services, which the JDK
     * does not.
     */
    private static int run(Setting setting, String subject, String... command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            byte[] said = process.getInputStream().readAllBytes();
            if (process.waitFor() != 0) {
                throw unknown(setting, subject);
            }
            return Integer.parseInt(new String(said, StandardCharsets.US_ASCII).strip());
        } catch (IOException | NumberFormatException e) {
            throw new ConfigException(
                    "%s: the number of %s cannot be found out (%s); give numbers"
                            .formatted(setting.key(), subject, e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConfigException(
                    "%s: interrupted while looking for %s".formatted(setting.key(), subject));
        }
    }

    private static ConfigException unknown(Setting setting, String name) {
        return new ConfigException(
                "%s: there is no user %s; name one that is, or give a number"
                        .formatted(setting.key(), name));
    }
}
