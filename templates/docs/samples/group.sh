curl 'https://sms.example.com/api/v1/sms/send' \
  -H 'Authorization: Bearer bms_test_your_api_key' \
  -H 'Content-Type: application/json' \
  -d '{"groupId": "your_group_id", "message": "We open at nine on Saturday."}'
