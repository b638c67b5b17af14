/** What the attacks of `functions/hostile/attack-*.ts` have in common: `?case=<id>` chooses one, the answer says how it went. */

/** Gives what it got, as text; throws what the system said. */
export type Attack = () => unknown;

/** A handler that runs the attack of `?case=` and answers `{"outcome": …}`: what it got, or the code of the error that held it. */
export const serve =
  (attacks: Readonly<Record<string, Attack>>) =>
  async (request: Request): Promise<Response> => {
    const attack = attacks[new URL(request.url).searchParams.get("case") ?? ""];
    if (attack === undefined) return new Response("no such case", { status: 404 });
    return Response.json({ outcome: await outcomeOf(attack) });
  };

async function outcomeOf(attack: Attack): Promise<string> {
  try {
    return String((await attack()) ?? "succeeded");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
