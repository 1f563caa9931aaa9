import type { LabError } from "../lab-error.ts";
import type { News } from "./news.ts";
import { WorkerProcess } from "./worker-process.ts";

/** What every worker of the demo needs. */
export interface CrewOptions {
  /** The addresses of the servers and what else the workers are told by environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logFolder: string | undefined;
  readonly onNews: (news: News) => void;
  readonly onFailure: (error: LabError) => void;
}

/** The processes of the demo's traffic: two order services with two workers, a payment service with three. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #all = new Set<WorkerProcess>();
  readonly ordersApis: readonly WorkerProcess[];
  readonly ordersWorkers: readonly WorkerProcess[];
  readonly paymentsApi: WorkerProcess;
  readonly paymentsWorker: WorkerProcess;
  readonly receiptsWorker: WorkerProcess;
  readonly log: WorkerProcess;
  readonly auditor: WorkerProcess;
  #noticesWorker: WorkerProcess;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.auditor = this.#start("auditor", "auditor");
    this.ordersWorkers = [1, 2].map((number) => this.#start("orders-worker", `orders-worker ${number}`));
    this.paymentsWorker = this.#start("payments-worker", "payments-worker", { LAB_QUEUE: "payments" });
    this.receiptsWorker = this.#start("payments-worker", "receipts-worker", { LAB_QUEUE: "receipts" });
    this.#noticesWorker = this.#startNoticesWorker();
    this.log = this.startLog(options.onNews);
    this.ordersApis = [1, 2].map((number) =>
      this.#start("orders-api", `orders-api ${number}`, { LAB_SOURCE: `orders-${number}` }),
    );
    this.paymentsApi = this.#start("payments-api", "payments-api");
  }

  /** The one that gets killed and replaced. */
  get noticesWorker(): WorkerProcess {
    return this.#noticesWorker;
  }

  async ready(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.ready()));
  }

  async replaceNoticesWorker(): Promise<void> {
    this.#noticesWorker = this.#startNoticesWorker();
    await this.#noticesWorker.ready();
  }

  /** One more reader of the whole log, with readers of its news of its own. */
  startLog(onNews: (news: News) => void): WorkerProcess {
    return this.#start("log", "the log's reader", {}, onNews);
  }

  get producers(): readonly WorkerProcess[] {
    return [...this.ordersApis, this.paymentsApi];
  }

  /** Ends everybody: producers before those who take what they send, and the auditor last. */
  async stop(): Promise<void> {
    await Promise.all(this.producers.map((worker) => worker.stop()));
    await Promise.all([...this.#all].filter((worker) => worker !== this.auditor).map((worker) => worker.stop()));
    await this.auditor.stop();
  }

  /** Ends everybody at once, whatever they are doing. */
  async kill(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.kill()));
  }

  #startNoticesWorker(): WorkerProcess {
    return this.#start("payments-worker", "notices-worker", { LAB_QUEUE: "notices", LAB_NO_ACK: "1" });
  }

  #start(
    role: string,
    name: string,
    environment: Readonly<Record<string, string>> = {},
    onNews = this.#options.onNews,
  ): WorkerProcess {
    const worker = new WorkerProcess({
      file: `./worker-${role}.ts`,
      name,
      environment: { ...this.#options.environment, ...environment },
      logFolder: this.#options.logFolder,
      onNews,
      onFailure: this.#options.onFailure,
    });
    this.#all.add(worker);
    return worker;
  }
}
