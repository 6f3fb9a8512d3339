// A page that notes what its hook gives each render, of a run that is replaced at a click.

import { type ReactNode, useCallback, useState } from "react";
import { createRoot } from "react-dom/client";
import { useRun } from "../use_run.ts";

const renders: string[] = [];
Object.assign(globalThis, { renders });

function Noted(): ReactNode {
  const [word, setWord] = useState("first");
  const start = useCallback(
    async function* () {
      yield [word];
    },
    [word],
  );
  const { items, status } = useRun(start);
  renders.push(`${word} is ${status}: ${items}`);
  return <button type="button" onClick={() => setWord("second")}>{`${status}: ${items}`}</button>;
}

createRoot(document.getElementById("root")!).render(<Noted />);
