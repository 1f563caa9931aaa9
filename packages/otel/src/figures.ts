/** Where a figure belongs. Each combination is a series, so `partition` is left out unless it was asked for. */
export interface FigureLabels {
  readonly system: string;
  readonly destination: string;
  readonly group: string | undefined;
  readonly partition: string | undefined;
}

/** Totals that never fall while the process lives. */
export interface MessageTotals {
  readonly sent: number;
  readonly received: number;
  readonly processed: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly redelivered: number;
  readonly late: number;
  readonly forwarded: number;
  readonly unstamped: number;
}

/** All figures as they are at one moment: asked for at each export, so they cost nothing between two. */
export interface Figures {
  readonly messages: readonly { readonly labels: FigureLabels; readonly totals: Partial<MessageTotals> }[];
  readonly streams: readonly { readonly labels: FigureLabels; readonly active: number; readonly blind: number }[];
  readonly findings: readonly {
    readonly labels: FigureLabels;
    readonly state: string;
    readonly open: number;
    /** Messages in that state. */
    readonly messages: number;
    /** Messages that somebody relies on. */
    readonly missing: number;
    /** Messages that were never sent: nobody relies on them, unless the application swallowed the rejection. */
    readonly notSent: number;
  }[];
  readonly isRecording: boolean;
  readonly reportErrors: number;
  readonly reportsDropped: number;
  readonly lastPassAtMs: number | undefined;
}
