import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** `::1` as the system's table has it. Erlang's port mapper opens it beside 127.0.0.1, whatever it is told. */
export const loopback6 = "00000000000000000000000001000000";

/** The addresses at which these processes listen, those of IPv6 as the system's table has them. Linux alone. */
export function listenAddresses(pids: readonly number[]): readonly string[] {
  const sockets = new Set(pids.flatMap(socketsOf));
  const addresses = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    readFileSync(table, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // Field 4 is the state, 0A = listening; field 10 the socket's number (proc(5)).
      .filter((fields) => fields[3] === "0A" && sockets.has(fields[9] ?? ""))
      .map((fields) => toAddress(fields[1]?.split(":")[0] ?? "")),
  );
  return [...new Set(addresses)];
}

function socketsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${name}`))?.[1] ?? []);
}

/** Four bytes in hexadecimal, the last one first. */
function toAddress(hexadecimal: string): string {
  if (hexadecimal.length !== 8) return hexadecimal;
  return [...Buffer.from(hexadecimal, "hex")].toReversed().join(".");
}
