import { createClient } from "@seqwatch/client";
import { createMemoryStore, type Notice } from "@seqwatch/core";
import { expect, test } from "vitest";
import { FakeChannel, FakeHost } from "../test/fakes.ts";
import { clusterNameOf, rememberVhosts } from "./cluster-name.ts";

function createNamed(cluster?: string) {
  const notices: Notice[] = [];
  const observer = { finding: () => {}, notice: (notice: Notice) => void notices.push(notice) };
  const named = cluster === undefined ? {} : { cluster };
  const client = createClient({ service: "s", store: createMemoryStore(), host: new FakeHost(), observer, ...named });
  return { client, notices };
}

test("a cluster is called as the broker calls it, with the virtual host behind", () => {
  const { client, notices } = createNamed();
  expect(clusterNameOf(new FakeChannel(), client, "shop")).toBe("rabbit@shop/shop");
  expect(notices).toEqual([]);
});

test("what the user calls the cluster wins", () => {
  const { client } = createNamed("main");
  expect(clusterNameOf(new FakeChannel(), client, "/")).toBe("main//");
});

test("an unknown virtual host is taken to be the default one, which is said once", () => {
  const { client, notices } = createNamed();
  expect(clusterNameOf(new FakeChannel(), client, undefined)).toBe("rabbit@shop//");
  clusterNameOf(new FakeChannel(), client, undefined);
  expect(notices).toMatchObject([{ kind: "warning", code: "VHOST_ASSUMED" }]);
});

test("a broker without a name gets one, which is said", () => {
  const { client, notices } = createNamed();
  expect(clusterNameOf({ connection: {} }, client, "/")).toBe("rabbitmq//");
  expect(notices).toMatchObject([{ code: "CLUSTER_UNNAMED" }]);
});

test("the virtual host of a connection that is opened later is remembered, and opening it goes on as before", () => {
  class Transport {
    opened: unknown;
    open(fields: object, opened: () => void): string {
      this.opened = fields;
      opened();
      return "answer";
    }
  }
  rememberVhosts(Transport.prototype);
  rememberVhosts(Transport.prototype);
  const transport = new Transport();
  let isOpened = false;
  expect(transport.open({ virtualHost: "a/b" }, () => (isOpened = true))).toBe("answer");
  expect(isOpened).toBe(true);
  const { client, notices } = createNamed("main");
  expect(clusterNameOf({ connection: transport }, client, undefined)).toBe("main/a/b");
  expect(notices).toEqual([]);
});
