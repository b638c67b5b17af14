import { z } from "zod";
import { ApiError } from "./api-error.ts";

const Problem = z.looseObject({
  code: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  requestId: z.string().default(""),
  retryable: z.boolean().default(false),
});

/** An answer that was read to its end. */
export interface Answer {
  response: Response;
  text: string;
}

/** The JSON of a successful answer. @throws ApiError when the answer is a problem or not what the schema says. */
export function parseAnswer<S extends z.ZodType>(schema: S, answer: Answer): z.output<S> {
  if (!answer.response.ok) throw problemOf(answer);
  const parsed = schema.safeParse(parseJson(answer.text));
  if (!parsed.success) throw unexpected(answer.response, parsed.error);
  return parsed.data;
}

/** An answer that is not a success, as an error. */
export function problemOf({ response, text }: Answer): ApiError {
  const parsed = Problem.safeParse(parseJson(text));
  if (!parsed.success) return unexpected(response, parsed.error);
  const problem = parsed.data;
  return new ApiError(problem.code, problem.detail, { status: response.status, problem });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unexpected(response: Response, cause: unknown): ApiError {
  const where = response.url === "" ? "The server" : new URL(response.url).origin;
  const detail = `${where} answered ${response.status} in a way that the platform does not: is it a Zygo of this version?`;
  return new ApiError("UNEXPECTED_ANSWER", detail, { status: response.status, cause });
}
