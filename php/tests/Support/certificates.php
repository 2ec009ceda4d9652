<?php

/*
 * Makes certificates for tests of TLS in the directory that is its argument: those of an authority (ca), and signed by
 * it of a server on localhost, of its successor and of one whose time is over (server, next, expired), and of a client
 * (client); and one of a client that nobody knows (stranger). Further arguments are IP addresses that servers are for,
 * too. Each NAME.pem has a NAME.key beside it.
 */

declare(strict_types=1);

[, $directory] = $argv;
$addresses = implode('', array_map(static fn(string $address): string => ",IP:$address", array_slice($argv, 2)));
$config = "$directory/openssl.cnf";
file_put_contents($config, "[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\n"
    . "[server]\nsubjectAltName=DNS:localhost$addresses\n[client]\nbasicConstraints=CA:FALSE\n");

function make(string $name, string $kind, ?array $signer = null, int $days = 2): array
{
    global $directory, $config;
    $options = ['config' => $config, 'private_key_type' => OPENSSL_KEYTYPE_RSA, 'private_key_bits' => 2048,
        'digest_alg' => 'sha256', 'x509_extensions' => $kind];
    $key = openssl_pkey_new($options);
    $request = openssl_csr_new(['commonName' => $name], $key, $options);
    $certificate = openssl_csr_sign($request, $signer[0] ?? null, $signer[1] ?? $key, $days, $options, random_int(1, 1 << 30));
    if ($certificate === false || !openssl_pkey_export_to_file($key, "$directory/$name.key", null, $options)) {
        throw new RuntimeException("no certificate for $name: " . openssl_error_string());
    }
    openssl_x509_export_to_file($certificate, "$directory/$name.pem");
    return [$certificate, $key];
}

$authority = make('ca', 'ca');
make('server', 'server', $authority);
make('next', 'server', $authority);
make('expired', 'server', $authority, 0);
make('client', 'client', $authority);
make('stranger', 'client');
unlink($config);
