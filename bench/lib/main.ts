/** How the runners end. @module */

/**
 * Runs `main`, and prints the failures that it resolves with, or what it throws: the exit code is 1
 * then.
 */
export async function runMain(main: () => Promise<readonly string[]>): Promise<void> {
  try {
    const failures = await main();
    for (const failure of failures) console.error(`failed: ${failure}`);
    if (failures.length > 0) Deno.exitCode = 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exitCode = 1;
  }
}
