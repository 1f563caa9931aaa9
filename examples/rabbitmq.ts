import { watchAmqp } from "@seqwatch/amqplib";
import { redisStore } from "@seqwatch/store-redis";
import { connect } from "amqplib";

const connection = watchAmqp(await connect("amqp://127.0.0.1:5672"), {
  service: "payments-api",
  vhost: "/",
  store: redisStore("redis://127.0.0.1:6379"),
});

const channel = await connection.createConfirmChannel();
channel.publish("payments", "card", Buffer.from("12.50"), { persistent: true });
await channel.waitForConfirms();
