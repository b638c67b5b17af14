/** A large bundle: the S3 client of the AWS SDK, made at load, and Hono. A new instance for each request; it needs no network. */
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Hono } from "hono";

export const config = { reuse: "never" };

const client = new S3Client({ region: "us-east-1", credentials: { accessKeyId: "example", secretAccessKey: "example" } });

const app = new Hono();
app.get("/", async (c) => {
  const { input } = new PutObjectCommand({ Bucket: "example-bucket", Key: "photo" });
  return c.json({ region: await client.config.region(), key: input.Key });
});

export default app;
