import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { signWebhook, TOLERANCE_S, verifyWebhook } from "./webhook-signatures.ts";
import { githubPush, stripeEvent } from "./webhook-payloads.fixture.ts";

type Headers = Record<string, string>;
const plain = (provider: "standard" | "github" | "stripe" | "slack") => ({ provider, hmac: null });

describe("vectors that providers publish", () => {
  /** @source https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
  test("GitHub", () => {
    const delivery = {
      headers: { "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" },
      body: Buffer.from("Hello, World!"),
    };
    expect(verifyWebhook(plain("github"), delivery, { secrets: ["It's a Secret to Everybody"], nowMs: 0 }).genuine).toBe(true);
  });

  /** @source https://github.com/standard-webhooks/standard-webhooks, its libraries' tests */
  test("Standard Webhooks", () => {
    const delivery = {
      headers: {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
      },
      body: Buffer.from('{"test": 2432232314}'),
    };
    const secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];
    expect(verifyWebhook(plain("standard"), delivery, { secrets, nowMs: 1_614_265_330_000 })).toMatchObject({
      genuine: true,
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    });
  });

  /** @source https://docs.slack.dev/authentication/verifying-requests-from-slack */
  test("Slack", () => {
    const body =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const headers = {
      "x-slack-request-timestamp": "1531420618",
      "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    };
    const at = { secrets: ["8f742231b10e8888abcd99yyyzzz85a5"], nowMs: 1_531_420_618_000 };
    expect(verifyWebhook(plain("slack"), { headers, body: Buffer.from(body) }, at).genuine).toBe(true);
  });
});

const NOW = 1_800_000_000_000;
const SECRET = "a-secret-of-some-length";
const hmac = (more: object = {}) =>
  ({
    header: "x-signature",
    algorithm: "sha512",
    encoding: "base64",
    prefix: "",
    timestampHeader: "x-time",
    idHeader: "x-id",
    ...more,
  }) as const;
const SCHEMES = [plain("standard"), plain("github"), plain("stripe"), plain("slack"), { provider: "hmac" as const, hmac: hmac() }];

describe.each(SCHEMES)("$provider", (scheme) => {
  const body = scheme.provider === "github" ? githubPush : stripeEvent;
  const headers = (nowMs = NOW, secret = SECRET): Headers => signWebhook(scheme, body, { secret, nowMs, id: "d-1" });
  const verify = (given: Headers, bytes = body, secrets = [SECRET]) =>
    verifyWebhook(scheme, { headers: given, body: bytes }, { secrets, nowMs: NOW });

  test("what was signed is genuine, and its id is the delivery's", () => {
    const expected = { stripe: "evt_1NG8Du2eZvKYlo2CUI79vXWy" }[scheme.provider as string];
    const verdict = verify(headers());
    expect(verdict.genuine).toBe(true);
    if (verdict.genuine && scheme.provider !== "slack") expect(verdict.id).toBe(expected ?? "d-1");
  });

  test("another body, another secret, none or an empty one are not", () => {
    expect(verify(headers(), Buffer.concat([body, Buffer.from(" ")])).genuine).toBe(false);
    expect(verify(headers(NOW, "another-secret")).genuine).toBe(false);
    expect(verify(headers(NOW, ""), body, [""]).genuine).toBe(false);
    expect(verify(headers(), body, []).genuine).toBe(false);
    expect(verify({}).genuine).toBe(false);
  });

  test("any of several secrets will do", () => {
    expect(verify(headers(), body, ["another-secret", SECRET]).genuine).toBe(true);
  });

  test.each(Object.keys(headers()))("a cut or missing %s is refused", (name) => {
    const { [name]: value, ...others } = headers();
    const tell = name.includes("event") || (scheme.provider === "github" && name.includes("delivery"));
    if (!tell && scheme.provider !== "hmac") expect(verify(others).genuine).toBe(false);
    if (name.includes("signature"))
      for (const cut of ["", value!.slice(0, -3), value!.slice(0, 8)]) expect(verify({ ...others, [name]: cut }).genuine).toBe(false);
  });

  test("five minutes either way, and not a second more", () => {
    const at = (seconds: number): boolean => verify(headers(NOW + seconds * 1000)).genuine;
    // GitHub signs no time: nothing tells an old delivery from a new one but its id.
    const outside = scheme.provider === "github";
    expect([at(-TOLERANCE_S), at(TOLERANCE_S), at(-TOLERANCE_S - 1), at(TOLERANCE_S + 1)]).toEqual([true, true, outside, outside]);
  });
});

test("what GitHub and Stripe say of the event", () => {
  const push = {
    headers: { ...signWebhook(plain("github"), githubPush, { secret: SECRET, nowMs: NOW, id: "d" }), "x-github-event": "push" },
    body: githubPush,
  };
  expect(verifyWebhook(plain("github"), push, { secrets: [SECRET], nowMs: NOW })).toMatchObject({ event: "push" });
  const paid = { headers: signWebhook(plain("stripe"), stripeEvent, { secret: SECRET, nowMs: NOW, id: "" }), body: stripeEvent };
  expect(verifyWebhook(plain("stripe"), paid, { secrets: [SECRET], nowMs: NOW })).toMatchObject({ event: "setup_intent.created" });
});

test("Stripe: one of several v1 suffices, v0 never does", () => {
  const at = String(NOW / 1000);
  const right = createHmac("sha256", SECRET).update(`${at}.`).update(stripeEvent).digest("hex");
  const verify = (header: string) =>
    verifyWebhook(plain("stripe"), { headers: { "stripe-signature": header }, body: stripeEvent }, { secrets: [SECRET], nowMs: NOW });
  expect(verify(`t=${at},v1=00,v1=${right}`).genuine).toBe(true);
  expect(verify(`t=${at},v0=${right}`).genuine).toBe(false);
  expect(verify(`t=soon,v1=${right}`).genuine).toBe(false);
});

test("an HMAC without a timestamp covers the body alone, and its signature is its id", () => {
  const scheme = {
    provider: "hmac" as const,
    hmac: hmac({ timestampHeader: null, idHeader: null, prefix: "sig=", algorithm: "sha1", encoding: "hex" }),
  };
  const headers = signWebhook(scheme, stripeEvent, { secret: SECRET, nowMs: NOW, id: "" });
  expect(headers).toEqual({ "x-signature": `sig=${createHmac("sha1", SECRET).update(stripeEvent).digest("hex")}` });
  expect(verifyWebhook(scheme, { headers, body: stripeEvent }, { secrets: [SECRET], nowMs: 0 })).toMatchObject({
    genuine: true,
    id: expect.stringMatching(/^sig-[0-9a-f]{40}$/) as string,
  });
});
