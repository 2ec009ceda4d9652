package io.parallite.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.parallite.deploy.Tool;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Network namespaces of Linux, each joined with this machine's own by a pair of veth: a daemon in
 * one reaches what listens here, and nothing else. Where they cannot be made the test is skipped.
 */
final class NetworkNamespaces implements AutoCloseable {

    private final String mark = "pl%05x".formatted(new Random().nextInt(1 << 20));

    /** Of 198.18.0.0/15, which is for tests (RFC 2544). */
    private final String net = "198.18.%d.".formatted(new Random().nextInt(256));

    private final List<String> names = new ArrayList<>();

    /** Makes so many, or skips the test. */
    static NetworkNamespaces make(int count) {
        assumeTrue(Tool.isInstalled("ip"), "ip (iproute2) is not installed");
        NetworkNamespaces made = new NetworkNamespaces();
        try {
            for (int i = 0; i < count; i++) {
                made.add(i);
            }
            return made;
        } catch (RuntimeException | Error e) {
            made.close();
            throw e;
        }
    }

    private void add(int i) {
        String name = mark + "-" + i;
        Tool.Ended made = Tool.tool("ip", "netns", "add", name).run();
        assumeTrue(
                made.exitCode() == 0,
                () -> "network namespaces cannot be made here: " + made.output().strip());
        names.add(name);
        Tool.Ended pair =
                Tool.tool(
                                "ip", "link", "add", outer(i), "type", "veth", "peer", "name",
                                "inner", "netns", name)
                        .run();
        assumeTrue(
                pair.exitCode() == 0,
                () -> "pairs of veth cannot be made here: " + pair.output().strip());
        Tool.tool("ip", "addr", "add", outerAddress(i) + "/30", "dev", outer(i)).run().ok();
        Tool.tool("ip", "link", "set", outer(i), "up").run().ok();
        inside(i, "ip", "addr", "add", net + (4 * i + 2) + "/30", "dev", "inner");
        inside(i, "ip", "link", "set", "lo", "up");
        inside(i, "ip", "link", "set", "inner", "up");
    }

    private void inside(int i, String... command) {
        List<Object> whole = new ArrayList<>(List.of(under(i)));
        whole.addAll(List.of(command));
        Tool.tool(whole.toArray()).run().ok();
    }

    private String outer(int i) {
        return mark + "v" + i;
    }

    /** The address by which this machine is reached from there. */
    String outerAddress(int i) {
        return net + (4 * i + 1);
    }

    /** All of these addresses. */
    List<String> outerAddresses() {
        List<String> addresses = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            addresses.add(outerAddress(i));
        }
        return addresses;
    }

    /** What runs a program there. */
    String[] under(int i) {
        return new String[] {"ip", "netns", "exec", names.get(i)};
    }

    /** Cuts it off: no packet comes or goes, and nobody is told. */
    void cut(int i) {
        inside(i, "ip", "link", "set", "inner", "down");
    }

    /** Joins it again. */
    void join(int i) {
        inside(i, "ip", "link", "set", "inner", "up");
    }

    @Override
    public void close() {
        for (int i = 0; i < names.size(); i++) {
            Tool.tool("ip", "netns", "del", names.get(i)).run();
            Tool.tool("ip", "link", "del", outer(i))
                    .run(); // goes with its peer, if it is there yet
        }
    }
}
