import { describe, expect, test } from "vitest";
import { DNS, readDns } from "./dns.ts";

const DOMAIN = "fn.internal";

/** Names of others are refused here, to tell them apart. */
function answerDns(packet: Buffer, domain: string): Buffer | undefined {
  const read = readDns(packet, domain);
  return read === undefined || "answer" in read ? read?.answer : read.question.reply(DNS.refused);
}

function query(name: string, type = 1, over: { flags?: number; questions?: number; class?: number } = {}): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(0xbeef, 0);
  header.writeUInt16BE(over.flags ?? 0x0100, 2);
  header.writeUInt16BE(over.questions ?? 1, 4);
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const tail = Buffer.alloc(5);
  tail.writeUInt16BE(type, 1);
  tail.writeUInt16BE(over.class ?? 1, 3);
  return Buffer.concat([header, ...labels, tail]);
}
const code = (packet: Buffer | undefined) => (packet === undefined ? undefined : packet.readUInt8(3) & 0x0f);
const answers = (packet: Buffer | undefined) => packet?.readUInt16BE(6);

describe("answers", () => {
  test("A of a function is loopback, id and question echoed", () => {
    const answer = answerDns(query("hello.fn.internal"), DOMAIN);
    expect(answer?.readUInt16BE(0)).toBe(0xbeef);
    expect([code(answer), answers(answer)]).toEqual([0, 1]);
    expect([...(answer?.subarray(-4) ?? [])]).toEqual([127, 0, 0, 1]);
  });
  test("names are compared without case", () => expect(answers(answerDns(query("HELLO.Fn.Internal"), DOMAIN))).toBe(1));
  test("AAAA exists not, but the name does", () => {
    const answer = answerDns(query("hello.fn.internal", 28), DOMAIN);
    expect([code(answer), answers(answer)]).toEqual([0, 0]);
  });
  test.each(["example.com", "fn.internal", "evilfn.internal", "fn.internal.evil.com"])("%s is refused", (name) =>
    expect(code(answerDns(query(name), DOMAIN))).toBe(5),
  );
  test("another class is refused", () => expect(code(answerDns(query("a.fn.internal", 1, { class: 3 }), DOMAIN))).toBe(5));
});

describe("names of others", () => {
  const ask = (name: string, type = 1) => {
    const read = readDns(query(name, type), DOMAIN);
    if (read === undefined || "answer" in read) return expect.unreachable("no question");
    return read.question;
  };
  test("are handed on in lower case, with what is asked", () => {
    expect(ask("Api.Example.COM")).toMatchObject({ name: "api.example.com", wantsAddresses: true });
    expect(ask("api.example.com", 28)).toMatchObject({ wantsAddresses: false });
  });
  test("are answered with all their addresses", () => {
    const answer = ask("api.example.com").reply(DNS.ok, ["93.184.216.34", "1.2.3.4"], 30);
    expect([code(answer), answers(answer)]).toEqual([0, 2]);
    expect([...answer.subarray(-4)]).toEqual([1, 2, 3, 4]);
    expect(answer.readUInt32BE(answer.length - 10)).toBe(30);
  });
  test("with a dot, a space or a zero within a label are refused, whatever they end in", () => {
    for (const label of ["evil.example", "a b", "a\0b"]) {
      const header = query("a").subarray(0, 12);
      const labels = [label, "fn", "internal"].map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]));
      expect(code(answerDns(Buffer.concat([header, ...labels, Buffer.from([0, 0, 1, 0, 1])]), DOMAIN))).toBe(DNS.refused);
    }
  });
});

describe("hostile packets", () => {
  test("a response is never answered, so two resolvers cannot loop", () =>
    expect(answerDns(query("a.fn.internal", 1, { flags: 0x8180 }), DOMAIN)).toBeUndefined());
  test("nothing shorter than a header is answered", () => expect(answerDns(Buffer.alloc(11), DOMAIN)).toBeUndefined());
  test("another opcode is not implemented", () => expect(code(answerDns(query("a.fn.internal", 1, { flags: 0x2800 }), DOMAIN))).toBe(4));
  test.each([0, 2, 65_535])("%i questions are malformed", (questions) =>
    expect(code(answerDns(query("a.fn.internal", 1, { questions }), DOMAIN))).toBe(1),
  );
  test("a compression pointer to itself is malformed", () => {
    const packet = Buffer.concat([query("a").subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])]);
    expect(code(answerDns(packet, DOMAIN))).toBe(1);
  });
  test("every truncation of a query is answered with FORMERR or not at all", () => {
    const whole = query("hello.fn.internal");
    for (let length = 0; length < whole.length; length++) {
      expect([1, undefined]).toContain(code(answerDns(whole.subarray(0, length), DOMAIN)));
    }
  });
  test("a name longer than 255 bytes is malformed", () =>
    expect(code(answerDns(query(`${"a".repeat(60)}.`.repeat(5) + DOMAIN), DOMAIN))).toBe(1));
});
