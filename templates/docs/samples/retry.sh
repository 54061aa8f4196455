# curl waits a second, then two, four and so on, or as long as Retry-After says.
curl 'https://sms.example.com/api/v1/sms/send' \
  --retry 5 --retry-all-errors --max-time 10 \
  -H 'Authorization: Bearer bms_test_your_api_key' \
  -H 'Content-Type: application/json' \
  -H 'Idempotency-Key: order-1017' \
  -d '{"recipients": ["0240000001"], "message": "Order 1017 is on its way."}'
