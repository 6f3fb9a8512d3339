/** What the memory runner measures. @module */

import type { MemoryProbe } from "./probe.ts";

/** Does the work on so many items and returns how many came out. */
export type FormFunction = (items: number, probe: MemoryProbe) => number | Promise<number>;

/** The forms of a workload, by id: the one export of a workload's module, called `forms`. */
export type Forms = Readonly<Record<string, FormFunction>>;

/** One way of doing a workload's work. */
export interface FormInfo {
  readonly id: string;
  /** Its name in tables and in the chart. */
  readonly name: string;
}

/** What is alive of one form, by itself or over another, and what it must not be above. */
export interface MemoryTarget {
  readonly text: string;
  readonly of: Cell;
  /** Without it the figure is bytes per item. */
  readonly over?: Cell;
  readonly atMost: number;
}

/** A form at a size. */
export interface Cell {
  readonly form: string;
  readonly items: number;
}

/** The same work in several forms, at several sizes; each is measured in a process of its own. */
export interface Workload {
  /** Names it on the command line and in the markers of the document. */
  readonly id: string;
  /** What is done to how much. */
  readonly title: string;
  /** The module that exports {@linkcode Forms}, from the repository's root. */
  readonly module: string;
  /**
   * A deno.json, from the repository's root, under which Deno runs the module as it is. Without it
   * the module is bundled, and runs on Node and Bun too.
   */
  readonly config?: string;
  readonly sizes: readonly number[];
  /** What an item is, where each one takes memory of its own. */
  readonly unit?: string;
  readonly forms: readonly FormInfo[];
  /** How many items must come out of a form. */
  expected(items: number, form: string): number;
  /** None where it only shows the price. */
  readonly targets: readonly MemoryTarget[];
  /** The file of the chart beside the pages; missing where there is none. */
  readonly chart?: string;
  /** Whether the smallest heap that each form runs in is searched for. @default {true} */
  readonly limits?: boolean;
}
