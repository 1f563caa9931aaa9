import { createServer, connect as openSocket, type Socket } from "node:net";

/** A road to the broker that can lose its way back, and be cut. */
export async function openDeafRoad(to: string) {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  let isDeaf = false;
  const server = createServer((near) => {
    const far = openSocket({ host: target.hostname, port: Number(target.port) });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    near.on("data", (bytes) => void far.write(bytes));
    far.on("data", (bytes) => void (isDeaf || near.write(bytes)));
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  const url = new URL(to);
  url.port = String(typeof address === "object" ? address?.port : "");
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    swallowAnswers: () => void (isDeaf = true),
    cut,
    close: async () => {
      cut();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
