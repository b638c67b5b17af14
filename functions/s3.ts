/**
 * A large npm dependency, the AWS SDK: signs a URL with which a browser uploads straight to a bucket. Signing needs no network. Shows environment
 * variables: the third line sets them.
 *
 *   npx fn deploy functions/s3.ts
 *   curl 'http://127.0.0.1:8080/fn/s3/photos/cat.png?expires=60'
 *   npx fn deploy functions/s3.ts --env BUCKET=mine --env AWS_ACCESS_KEY_ID=… --env AWS_SECRET_ACCESS_KEY=…
 */
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { Env, FunctionConfig } from "@zygo/sdk";

export const config: FunctionConfig = { memoryMb: 256 };

/** Made once per instance, as a function's clients should be. The default keys are those of Amazon's documentation: they open nothing. */
const client = new S3Client({
  // Else the URL would demand the checksum of an empty body.
  requestChecksumCalculation: "WHEN_REQUIRED",
  region: process.env["AWS_REGION"] ?? "us-east-1",
  credentials: {
    accessKeyId: process.env["AWS_ACCESS_KEY_ID"] ?? "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: process.env["AWS_SECRET_ACCESS_KEY"] ?? "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  },
});

export async function GET(request: Request, env: Env): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const key = decodeURIComponent(pathname.slice(1));
  if (key === "") return Response.json({ error: "name the object in the path" }, { status: 400 });
  const expiresIn = Math.min(3600, Math.max(1, Number(searchParams.get("expires")) || 300));
  const command = new PutObjectCommand({ Bucket: env["BUCKET"] ?? "example-bucket", Key: key });
  return Response.json({ method: "PUT", url: await getSignedUrl(client, command, { expiresIn }), expiresIn });
}
