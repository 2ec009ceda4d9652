package io.parallite.it;

import io.parallite.deploy.Php;
import io.parallite.deploy.Tool;
import java.nio.file.Path;

/** Certificates for tests of TLS, made by PHP: certificates.php says which. */
final class Certificates {

    private Certificates() {}

    /** Makes them in {@code directory}. */
    static void make(Path directory) {
        Php.assumeUsable();
        Path script = Tool.project("php/tests/Support/certificates.php");
        Tool.tool("php", script, directory).run().ok();
    }
}
