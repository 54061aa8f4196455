curl 'https://sms.example.com/api/v1/sms/send' \
  -H 'Authorization: Bearer bms_test_your_api_key' \
  -H 'Content-Type: application/json' \
  -d '{"recipients": ["0240000001"], "message": "Hello from my program!"}'
