import { everythingOn, isRecording, type Store, type SwitchState } from "@seqwatch/core";
import type { Host } from "./host.ts";
import { parseOnOff } from "./options.ts";

/** Who asks the switch. */
export interface RecordingSubject {
  readonly service: string;
  readonly clientId: string;
}

/**
 * Whether this process records, by destination. The process's own word (`setRecording(false)`) wins, then the watched
 * file, then the switch in the store. What cannot be read changes nothing: the last known word stands.
 *
 * What switched itself off stays off until a person's word that comes later: `setRecording(true)`, the file or the
 * store's switch turned from off to on for this client, a new start. That a rule's time is over is nobody's word.
 */
export class Recording {
  readonly #subject: () => RecordingSubject;
  readonly #host: Host;
  readonly #failed: (error: unknown) => void;
  readonly #listeners = new Set<() => void>();
  #isLocallyOff = false;
  #isOffByItself = false;
  #file: boolean | undefined;
  #state: SwitchState = everythingOn;
  /** undefined = the same for every destination. */
  #uniform: boolean | undefined = true;
  #byDestination = new Map<string, boolean>();
  /** What the last look said, as text: listeners hear only of changes. */
  #lastWord = "";

  constructor(subject: () => RecordingSubject, host: Host, failed: (error: unknown) => void) {
    this.#subject = subject;
    this.#host = host;
    this.#failed = failed;
  }

  /** One branch while everything is on (or off); else one look-up. */
  isRecording(destination: string): boolean {
    return this.#uniform ?? this.#lookUp(destination);
  }

  /** Whether a destination without a rule of its own is recorded: the client's own state, for people. */
  get isOn(): boolean {
    return this.#uniform ?? this.#decide("");
  }

  setLocally(recording: boolean): void {
    this.#isLocallyOff = !recording;
    if (recording) this.#isOffByItself = false;
    this.refresh();
  }

  get isOffByItself(): boolean {
    return this.#isOffByItself;
  }

  switchItselfOff(): void {
    this.#isOffByItself = true;
    this.refresh();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Reads the file; a text that is neither on nor off is told and leaves the last word standing. */
  async readFile(path: string): Promise<void> {
    const text = await this.#host.readText(path);
    const said = text === undefined || text.trim() === "" ? undefined : parseOnOff(text);
    if (text !== undefined && text.trim() !== "" && said === undefined) {
      throw new Error(`${path} says ${JSON.stringify(text.trim().slice(0, 40))}; it has to say "on" or "off".`);
    }
    if (this.#file === false && said === true) this.#isOffByItself = false;
    this.#file = said;
    this.refresh();
  }

  async readStore(store: Store): Promise<void> {
    const state = await store.readSwitch();
    if (state.version > this.#state.version) {
      const wasOn = this.#decide("");
      this.#state = state;
      if (!wasOn && this.#decide("")) this.#isOffByItself = false;
    }
    this.refresh();
  }

  /** Works the word out anew, because a rule's time may have passed, and tells the listeners when it changed. */
  refresh(): void {
    this.#byDestination = new Map();
    this.#uniform = this.#uniformWord();
    const word = this.#uniform === undefined ? this.#wordOfRules() : String(this.#uniform);
    if (word === this.#lastWord) return;
    const isFirst = this.#lastWord === "";
    this.#lastWord = word;
    if (isFirst && word === "true") return;
    for (const listener of this.#listeners) this.#tell(listener);
  }

  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#failed(error);
    }
  }

  #uniformWord(): boolean | undefined {
    if (this.#isLocallyOff || this.#isOffByItself) return false;
    if (this.#file !== undefined) return this.#file;
    const nowMs = this.#host.wallMs();
    const living = this.#state.rules.filter((rule) => rule.untilMs === undefined || rule.untilMs > nowMs);
    return living.some((rule) => rule.scope.kind === "destination") ? undefined : this.#decide("");
  }

  #wordOfRules(): string {
    const nowMs = this.#host.wallMs();
    return JSON.stringify(this.#state.rules.filter((rule) => rule.untilMs === undefined || rule.untilMs > nowMs));
  }

  #lookUp(destination: string): boolean {
    const known = this.#byDestination.get(destination);
    if (known !== undefined) return known;
    const decided = this.#decide(destination);
    if (this.#byDestination.size < maxDestinations) this.#byDestination.set(destination, decided);
    return decided;
  }

  #decide(destination: string): boolean {
    return isRecording(this.#state, { ...this.#subject(), destination }, this.#host.wallMs());
  }
}

const maxDestinations = 10_000;
