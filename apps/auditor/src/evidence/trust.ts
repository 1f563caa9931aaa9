import { readFileSync } from "node:fs";
import { getCACertificates } from "node:tls";
import { AuditorError } from "../errors.ts";
import type { Settings } from "../settings.ts";

/** Whom a connection to a broker trusts, and who it says it is. */
export interface Trust {
  /** Certificates in PEM; undefined = those that Node trusts by itself. */
  readonly ca: readonly string[] | undefined;
  readonly kafkaCert: string | undefined;
  readonly kafkaKey: string | undefined;
}

/** Reads the files that the settings name. Throws an AuditorError that names the setting and the file. */
export function readTrust({ tlsCa, kafkaTlsCert, kafkaTlsKey }: Settings): Trust {
  const own = read("tlsCa", "SEQWATCH_TLS_CA", tlsCa);
  return {
    // What a list is given replaces what Node trusts: a broker with a public certificate is to be trusted beside it.
    ca: own === undefined ? undefined : [...getCACertificates("default"), own],
    kafkaCert: read("kafkaTlsCert", "SEQWATCH_KAFKA_TLS_CERT", kafkaTlsCert),
    kafkaKey: read("kafkaTlsKey", "SEQWATCH_KAFKA_TLS_KEY", kafkaTlsKey),
  };
}

function read(name: string, variable: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const text = `${name} (${variable}) names ${path}, which cannot be read. Give a file in PEM.`;
    throw new AuditorError("CONFIG_INVALID", text, { cause: error });
  }
}
