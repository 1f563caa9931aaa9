import { expect, test } from "vitest";
import { Book } from "./book.ts";
import { sourceOf } from "./traffic.ts";

const always = (): number => Infinity;

function accept(book: Book, source: string, first: number, last: number, atMs = 1): void {
  book.note({ kind: "sent", outcome: "accepted", atMs, source, first, last });
}

test("over Kafka a message is lost when its send succeeded and the log does not hold it", () => {
  const book = new Book(sourceOf);
  accept(book, "orders-1", 0, 4);
  book.note({
    kind: "stored",
    spans: [
      { source: "orders-1", first: 0, last: 1 },
      { source: "orders-1", first: 4, last: 4 },
    ],
  });
  expect([...book.lost("kafka", always)]).toEqual(["orders-1:2", "orders-1:3"]);
});

test("a message that was processed and is not in the log any more is still counted as not stored", () => {
  const book = new Book(sourceOf);
  accept(book, "orders-1", 0, 0);
  book.note({ kind: "processed", spans: [{ source: "orders-1", first: 0, last: 0 }] });
  expect(book.lost("kafka", always).size).toBe(1);
});

test("over RabbitMQ a message is lost when its publish was confirmed and no handler has worked it", () => {
  const book = new Book(sourceOf);
  accept(book, "payment", 0, 2);
  book.note({ kind: "processed", spans: [{ source: "payment", first: 1, last: 2 }] });
  expect([...book.lost("rabbitmq", always)]).toEqual(["payment:0"]);
  expect(book.lost("kafka", always).size).toBe(0);
});

test("what the application was told of as rejected is not lost, but counted", () => {
  const book = new Book(sourceOf);
  book.note({ kind: "sent", outcome: "rejected", atMs: 1, source: "orders-1", first: 0, last: 1 });
  book.note({ kind: "stored", spans: [{ source: "orders-1", first: 0, last: 0 }] });
  expect(book.lost("kafka", always).size).toBe(0);
  expect(book.rejectedAndMissing("kafka")).toBe(1);
});

test("what a killed consumer held is apart from what is lost", () => {
  const book = new Book(sourceOf);
  accept(book, "notice", 0, 3);
  book.note({ kind: "processed", spans: [{ source: "notice", first: 0, last: 1 }] });
  book.note({ kind: "held", spans: [{ source: "notice", first: 2, last: 3 }] });
  expect([...book.held()]).toEqual(["notice:2", "notice:3"]);
  expect(book.lost("rabbitmq", always).size).toBe(0);
});

test("of messages younger than the horizon nobody says that they are lost", () => {
  const book = new Book(sourceOf);
  accept(book, "orders-1", 0, 0, 100);
  accept(book, "orders-1", 1, 1, 200);
  expect([...book.lost("kafka", () => 150)]).toEqual(["orders-1:0"]);
});

test("a message at two places of the log is a duplicate, and one that is read anew is not", () => {
  const book = new Book(sourceOf);
  accept(book, "orders-1", 0, 1);
  const spans = [{ source: "orders-1", first: 0, last: 1 }];
  book.note({ kind: "stored", spans });
  book.note({ kind: "stored", spans: [{ source: "orders-1", first: 1, last: 1 }] });
  expect([...book.duplicated()]).toEqual(["orders-1:1"]);
  book.forgetStored();
  expect(book.lost("kafka", always).size).toBe(2);
  book.note({ kind: "stored", spans });
  expect(book.duplicated().size).toBe(0);
});

test("a message pushed out of a full queue was gone when the one came that took its place", () => {
  const book = new Book(sourceOf);
  accept(book, "receipt", 0, 99, 1_000);
  accept(book, "receipt", 100, 149, 2_000);
  expect(book.goneAtMs({ source: "receipt", number: 0 })).toBe(2_000);
  expect(book.goneAtMs({ source: "receipt", number: 99 })).toBe(1_000);
});

test("a source is caught up once its newest accepted message was worked", () => {
  const book = new Book(sourceOf);
  accept(book, "receipt", 0, 9);
  expect(book.isCaughtUp("receipt")).toBe(false);
  book.note({ kind: "processed", spans: [{ source: "receipt", first: 9, last: 9 }] });
  expect(book.isCaughtUp("receipt")).toBe(true);
});

test("ten thousand sends need no more than the book's own growing room", () => {
  const book = new Book(sourceOf);
  for (let send = 0; send < 10_000; send += 1) accept(book, "orders-1", 30 * send, 30 * send + 29, send);
  expect(book.tally("kafka").accepted).toBe(300_000);
  expect(book.goneAtMs({ source: "orders-1", number: 299_999 })).toBe(9_999);
});
