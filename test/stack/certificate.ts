import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** The host of certificates in tests. No name server knows it. */
export const HOST = "monitoring.example.org";

/** Whether certificates can be made here. */
export const hasOpenssl = spawnSync("which", ["openssl"]).status === 0;

/** Makes `tls/cert.pem`, which is its own authority, and `tls/key.pem` in a directory. */
export function makeCertificate(folder: string): void {
  mkdirSync(join(folder, "tls"), { mode: 0o700, recursive: true });
  const [key, cert] = [join(folder, "tls/key.pem"), join(folder, "tls/cert.pem")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];
  const name = ["-subj", `/CN=${HOST}`, "-addext", `subjectAltName=DNS:${HOST}`];
  execFileSync("openssl", ["req", ...kind, ...name, "-keyout", key, "-out", cert], { stdio: "ignore" });
  execFileSync("chmod", ["644", key, cert]);
}

/** The setting `access.tls` for that certificate. */
export const FILES = { certificate: "./tls/cert.pem", key: "./tls/key.pem", ca: "./tls/cert.pem" } as const;
