import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Prints one line about the tests whose reports are in a directory: how many ran, how many were
 * skipped, and why: {@code java TestSummary.java target}
 */
final class TestSummary {

    private static final Pattern EVENT = Pattern.compile("##teamcity\\[(\\w+) (.*)]");
    private static final Pattern MESSAGE = Pattern.compile(" message='((?:[^'|]|\\|.)*)'");

    private final List<String> ran = new ArrayList<>();
    private final Map<String, Integer> reasons = new TreeMap<>();

    private TestSummary() {}

    public static void main(String... directories)
            throws IOException, ParserConfigurationException, SAXException {
        System.out.println(new TestSummary().of(Path.of(directories[0])));
    }

    private String of(Path target)
            throws IOException, ParserConfigurationException, SAXException {
        countJava(target.resolve("surefire-reports"), "unit tests");
        countJava(target.resolve("failsafe-reports"), "integration tests");
        for (Path report : files(target.resolve("php-reports"), ".teamcity")) {
            String name = report.getFileName().toString().replace(".teamcity", "");
            countPhp(report, "PHP " + name.replace("newer-", "") + " tests" + (name.startsWith("newer-") ? " with a newer PHP" : ""));
        }
        Path skipped = target.resolve("php-reports/skipped");
        if (Files.exists(skipped)) {
            reasons.put("all PHP tests: " + Files.readString(skipped).strip(), 0);
        }
        for (Path missing : files(target.resolve("tools"), ".missing")) {
            String tool = missing.getFileName().toString().replace(".missing", "");
            reasons.put("no " + tool + ": " + Files.readString(missing).strip(), 0);
        }
        String why =
                reasons.entrySet().stream()
                        .map(e -> (e.getValue() == 0 ? "" : e.getValue() + " × ") + e.getKey())
                        .collect(Collectors.joining("; "));
        return "tests: ran "
                + (ran.isEmpty() ? "none" : String.join(", ", ran))
                + "; skipped "
                + (why.isEmpty() ? "none" : why);
    }

    private static List<Path> files(Path directory, String suffix) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
        }
    }

    private void countJava(Path directory, String kind)
            throws IOException, ParserConfigurationException, SAXException {
        int count = 0;
        for (Path report : files(directory, ".xml")) {
            Element suite =
                    DocumentBuilderFactory.newInstance()
                            .newDocumentBuilder()
                            .parse(report.toFile())
                            .getDocumentElement();
            if (suite.getTagName().equals("testsuite")) {
                NodeList skips = suite.getElementsByTagName("skipped");
                count += suite.getElementsByTagName("testcase").getLength() - skips.getLength();
                for (int i = 0; i < skips.getLength(); i++) {
                    skipped(((Element) skips.item(i)).getAttribute("message"));
                }
            }
        }
        ran(count, kind);
    }

    private void countPhp(Path report, String kind) throws IOException {
        int count = 0;
        for (String line : Files.readAllLines(report)) {
            Matcher event = EVENT.matcher(line);
            if (event.matches()) {
                switch (event.group(1)) {
                    case "testFinished" -> count++;
                    case "testIgnored" -> {
                        count--; // it is finished, too
                        Matcher message = MESSAGE.matcher(" " + event.group(2));
                        skipped(message.find() ? message.group(1).replaceAll("\\|(.)", "$1") : "");
                    }
                    default -> {}
                }
            }
        }
        ran(count, kind);
    }

    private void ran(int count, String kind) {
        if (count > 0) {
            ran.add(String.format(Locale.ROOT, "%,d %s", count, kind));
        }
    }

    private void skipped(String message) {
        String reason = message.replace("Assumption failed: ", "").strip();
        reason = reason.replaceAll("(?s)\\R.*", "").replaceFirst("^org\\.\\S+Exception: ", "");
        reasons.merge(reason.isEmpty() ? "no reason given" : reason, 1, Integer::sum);
    }
}
