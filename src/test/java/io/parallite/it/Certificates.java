package io.parallite.it;

import io.parallite.deploy.Php;
import io.parallite.deploy.Tool;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Certificates for tests of TLS, made by PHP: certificates.php says which. */
final class Certificates {

    private Certificates() {}

    /**
     * Makes them in {@code directory}; servers are on localhost and have {@code addresses}, too.
     */
    static void make(Path directory, String... addresses) {
        Php.assumeUsable();
        Path script = Tool.project("php/tests/Support/certificates.php");
        List<Object> command = new ArrayList<>(List.of("php", script, directory));
        command.addAll(List.of(addresses));
        Tool.tool(command.toArray()).run().ok();
    }
}
