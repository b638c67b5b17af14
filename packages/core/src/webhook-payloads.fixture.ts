/** Bodies in the shapes that providers document, with their spacing: signatures are over bytes. */

/** @source https://docs.github.com/en/webhooks/webhook-events-and-payloads#push */
export const githubPush = Buffer.from(
  `{"ref":"refs/tags/simple-tag","before":"6113728f27ae82c7b1a177c8d03f9e96e0adf246","after":"0000000000000000000000000000000000000000","created":false,"deleted":true,"forced":false,"base_ref":null,"compare":"https://github.com/Codertocat/Hello-World/compare/6113728f27ae...000000000000","commits":[],"head_commit":null,"repository":{"id":186853002,"node_id":"MDEwOlJlcG9zaXRvcnkxODY4NTMwMDI=","name":"Hello-World","full_name":"Codertocat/Hello-World","private":false,"owner":{"name":"Codertocat","email":"21031067+Codertocat@users.noreply.github.com","login":"Codertocat","id":21031067}},"pusher":{"name":"Codertocat","email":"21031067+Codertocat@users.noreply.github.com"},"sender":{"login":"Codertocat","id":21031067,"type":"User","site_admin":false}}`,
);

/** @source https://docs.stripe.com/api/events/object */
export const stripeEvent = Buffer.from(`{
  "id": "evt_1NG8Du2eZvKYlo2CUI79vXWy",
  "object": "event",
  "api_version": "2019-02-19",
  "created": 1686089970,
  "data": {
    "object": {
      "id": "seti_1NG8Du2eZvKYlo2C9XMqbR0x",
      "object": "setup_intent",
      "application": null,
      "automatic_payment_methods": null,
      "client_secret": "seti_1NG8Du2eZvKYlo2C9XMqbR0x_secret_O2CdhLwGFh2Aej7bCY7qp8jlIuyR8DJ",
      "created": 1686089970,
      "livemode": false,
      "metadata": {},
      "payment_method": "pm_1NG8Du2eZvKYlo2CYzzldNr7",
      "payment_method_types": ["acss_debit"],
      "status": "requires_confirmation",
      "usage": "off_session"
    }
  },
  "livemode": false,
  "pending_webhooks": 0,
  "request": { "id": null, "idempotency_key": null },
  "type": "setup_intent.created"
}`);
