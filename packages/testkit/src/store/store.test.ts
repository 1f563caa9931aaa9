import { createMemoryStore } from "@seqwatch/core";
import { describeStore } from "./describe-store.ts";

describeStore("the store in memory", async () => createMemoryStore());
