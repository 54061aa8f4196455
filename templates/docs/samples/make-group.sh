curl 'https://sms.example.com/api/v1/contacts/groups' \
  -H 'Authorization: Bearer bms_test_your_api_key' \
  -H 'Content-Type: application/json' \
  -d '{"name": "Regulars"}'
