package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"time"
)

const (
	api       = "https://sms.example.com/api/v1"
	key       = "bms_test_your_api_key"
	messageID = "your_message_id"
)

func main() {
	request, err := http.NewRequest("GET", api+"/sms/"+messageID+"/recipients", nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)

	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()

	var answer struct {
		Success     bool
		Code, Error string
		Data        struct {
			Recipients []struct{ Phone, Status, Reason string }
			Stats      struct{ Pending int }
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		log.Fatal(err)
	}
	if !answer.Success {
		log.Fatalf("%s: %s", answer.Code, answer.Error)
	}
	for _, recipient := range answer.Data.Recipients {
		fmt.Println(recipient.Phone, recipient.Status, recipient.Reason)
	}
	fmt.Println("Still under way:", answer.Data.Stats.Pending)
}
