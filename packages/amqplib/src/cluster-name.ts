import type { Client } from "@seqwatch/client";
import { isObject, transportOf } from "./ports.ts";

/** Virtual hosts of connections that were opened after `rememberVhosts`; amqplib itself keeps them nowhere. */
const vhosts = new WeakMap<object, string>();
const remembering = new WeakSet<object>();

/**
 * Notes the virtual host of every connection that is opened from now on. `owner` is anything with a `connection`
 * (a model or a channel), or the prototype of amqplib's inner Connection itself.
 */
export function rememberVhosts(connectionPrototype: object): void {
  const open: unknown = Reflect.get(connectionPrototype, "open");
  if (typeof open !== "function" || remembering.has(connectionPrototype)) return;
  remembering.add(connectionPrototype);
  Reflect.set(connectionPrototype, "open", function (this: object, ...args: readonly unknown[]): unknown {
    const [allFields] = args;
    const vhost: unknown = isObject(allFields) ? allFields["virtualHost"] : undefined;
    if (typeof vhost === "string") vhosts.set(this, vhost);
    return Reflect.apply(open, this, args);
  });
}

/**
 * The cluster of a lane: RabbitMQ's own name of its cluster and the virtual host, `rabbit@shop//`. Both are known
 * without I/O once a connection is open; what cannot be known comes from the options, and is said once.
 */
export function clusterNameOf(channel: object, client: Client, vhost: string | undefined): string {
  const transport = transportOf(channel);
  const known = transport === undefined ? undefined : vhosts.get(transport);
  if (vhost === undefined && known === undefined) {
    warnOnce(client, "VHOST_ASSUMED", 'The virtual host is not known and taken to be "/". Set the option vhost.');
  }
  return `${client.cluster ?? brokerNameOf(transport) ?? unnamed(client)}/${vhost ?? known ?? "/"}`;
}

function brokerNameOf(transport: Readonly<Record<PropertyKey, unknown>> | undefined): string | undefined {
  const properties = transport?.["serverProperties"];
  const name = isObject(properties) ? properties["cluster_name"] : undefined;
  return typeof name === "string" && name !== "" ? name : undefined;
}

function unnamed(client: Client): string {
  warnOnce(
    client,
    "CLUSTER_UNNAMED",
    'The broker does not name its cluster; it is called "rabbitmq". Set the option cluster.',
  );
  return "rabbitmq";
}

const warned = new WeakMap<Client, Set<string>>();

function warnOnce(client: Client, code: string, text: string): void {
  const codes = warned.get(client) ?? new Set();
  if (codes.has(code)) return;
  warned.set(client, codes.add(code));
  client.notice({ kind: "warning", code, text });
}
