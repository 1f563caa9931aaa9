import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An authority of the test's own and what it signed, in PEM files. */
export interface Certificates {
  readonly folder: string;
  /** Whom to trust. */
  readonly ca: string;
  /** The servers' certificate, for 127.0.0.1 and localhost, with its key. */
  readonly cert: string;
  readonly key: string;
  /** Key and certificate in one, as Kafka takes them. */
  readonly keyStore: string;
}

/** Makes them anew: nothing secret is kept anywhere. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), "seqwatch-certificates-"));
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  openssl("req", "-x509", ...newKey, "-keyout", at("ca.key"), "-out", at("ca.pem"), "-subj", "/CN=test authority");
  openssl("req", ...newKey, "-keyout", at("server.key"), "-out", at("server.csr"), "-subj", "/CN=localhost");
  writeFileSync(at("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  const signed = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2"];
  openssl("x509", "-req", "-in", at("server.csr"), ...signed, "-extfile", at("names"), "-out", at("server.pem"));
  writeFileSync(at("store.pem"), readFileSync(at("server.key"), "utf8") + readFileSync(at("server.pem"), "utf8"));
  // RabbitMQ may run as a user of its own.
  chmodSync(folder, 0o755);
  chmodSync(at("server.key"), 0o644);
  return { folder, ca: at("ca.pem"), cert: at("server.pem"), key: at("server.key"), keyStore: at("store.pem") };
}
