# The body as it came is in the file body.json, the headers are in these variables:
# WEBHOOK_ID, WEBHOOK_TIMESTAMP, WEBHOOK_SIGNATURE.
SECRET='whsec_your_secret'

key=$(printf %s "${SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
ours=$({ printf '%s.%s.' "$WEBHOOK_ID" "$WEBHOOK_TIMESTAMP"; cat body.json; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
age=$(($(date +%s) - WEBHOOK_TIMESTAMP))

case " $WEBHOOK_SIGNATURE " in
  *" v1,$ours "*) known=yes ;;
  *) known=no ;;
esac
if [ "$known" = yes ] && [ "${age#-}" -le 300 ]; then
  echo "Genuine: $WEBHOOK_ID"
else
  echo "Not from FlashSMS" >&2
  exit 1
fi
