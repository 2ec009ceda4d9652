package io.parallite.cluster.store;

import io.parallite.config.ConfigException;
import io.parallite.config.ParalliteConfig;
import io.parallite.config.RedisAddress;
import io.parallite.config.SecretFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The settings of a node of a cluster.
 *
 * @param name the cluster's
 * @param release the release whose tasks it runs
 * @param overflow how long an awaited task waits here before it is offered to other nodes; zero:
 *     never offered
 * @param maxQueue most tasks of a release that wait in Redis
 * @param maxPayload bytes of the longest request and the longest reply that go over Redis
 * @param outbox bytes of detached tasks that are kept while Redis is unreachable
 * @param lease how long a lease is valid
 * @param signer knows the cluster's secret
 */
public record ClusterSettings(
        RedisAddress redis,
        Encryption encryption,
        String name,
        String release,
        Duration overflow,
        int maxQueue,
        int maxPayload,
        int outbox,
        LeaseTimes lease,
        Signer signer) {

    private static final int RELEASE_DIGITS = 12;

    /**
     * How the connection to Redis is encrypted, where it is.
     *
     * @param authorities PEM file of the certificate authorities that are trusted; empty: Java's
     *     own
     * @param certificate PEM file of this node's own
     * @param key PEM file of that certificate's key
     */
    public record Encryption(
            Optional<Path> authorities, Optional<Path> certificate, Optional<Path> key) {

        /** The files that {@code config} names. */
        static Encryption of(ParalliteConfig config) {
            return new Encryption(
                    config.clusterCaFile().map(Path::of),
                    config.clusterCertificateFile().map(Path::of),
                    config.clusterKeyFile().map(Path::of));
        }
    }

    /**
     * What {@code config} says, with the secret read.
     *
     * @param directory where workers look for {@code composer.lock}
     * @throws ConfigException naming what is wrong; the daemon does not start
     */
    public static ClusterSettings of(ParalliteConfig config, Path directory) {
        String url =
                config.clusterUrl()
                        .orElseThrow(() -> new IllegalStateException("cluster_url is not set"));
        String secretFile =
                config.clusterSecretFile()
                        .orElseThrow(
                                () ->
                                        new ConfigException(
                                                "cluster_url is set without cluster_secret_file; name a file with the same secret on all nodes"));
        return new ClusterSettings(
                RedisAddress.parse(url),
                Encryption.of(config),
                config.clusterName(),
                config.clusterRelease().orElseGet(() -> releaseOf(directory)),
                config.clusterOverflow(),
                config.clusterMaxQueue(),
                config.clusterMaxPayloadBytes(),
                config.clusterOutboxBytes(),
                LeaseTimes.usual(),
                new Signer(SecretFile.ofCluster(Path.of(secretFile)), config.clusterName()));
    }

    /**
     * The first digits of the SHA-256 of {@code composer.lock}; {@code none} where there is none.
     */
    static String releaseOf(Path directory) {
        try {
            byte[] lock = Files.readAllBytes(directory.resolve("composer.lock"));
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(lock);
            return HexFormat.of().formatHex(digest).substring(0, RELEASE_DIGITS);
        } catch (IOException e) {
            return "none";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    /** What all keys of the cluster begin with. */
    public String prefix() {
        return "{parallite:" + name + "}:";
    }

    /** The message for the log; the secret is in none. */
    public String described() {
        return "cluster=%s release=%s redis=%s".formatted(name, release, redis.described());
    }
}
