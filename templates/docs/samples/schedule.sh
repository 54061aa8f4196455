curl 'https://sms.example.com/api/v1/sms/send' \
  -H 'Authorization: Bearer bms_test_your_api_key' \
  -H 'Content-Type: application/json' \
  -d '{
    "recipients": ["0240000001"],
    "message": "Your appointment is today at noon.",
    "isScheduled": true,
    "scheduleDate": "2030-01-31T09:00:00Z"
  }'
